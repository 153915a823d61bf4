/*
 * The calls of Kubernetes' container runtime interface that are made, and what of their answers is read. Numbers are those of
 * the published `runtime/v1/api.proto`. Annotations can hold anything, so of them one alone is looked at: the ports.
 */
import { large, message, nested, repeated, small, text, textMap, texts } from '../grpc/messages.ts';
import { portsAnnotation } from '../kubernetes-labels.ts';

const ImageSpec = message({ image: text(1), userSpecified: text(18) });
const Image = message({ id: text(1), tags: texts(2), digests: texts(3), size: large(4) });
const Container = message({
  id: text(1),
  sandboxId: text(2),
  metadata: nested(3, message({ name: text(1), attempt: small(2) })),
  image: nested(4, ImageSpec),
  imageRef: text(5),
  state: small(6),
  createdAt: large(7),
  labels: textMap(8),
  annotations: textMap(9, new Set([portsAnnotation])),
  imageId: text(10),
});
const Sandbox = message({
  id: text(1),
  metadata: nested(2, message({ name: text(1), uid: text(2), namespace: text(3) })),
});
const Status = message({ state: small(3), startedAt: large(5), finishedAt: large(6), exitCode: small(7) });

export const Version = {
  method: 'runtime.v1.RuntimeService/Version',
  shape: message({ runtimeName: text(2), runtimeVersion: text(3), apiVersion: text(4) }),
};
/* The streams answer what the lists do, a part in each message, so a node of any size fits (KEP-5825). */
export const Images = {
  list: 'runtime.v1.ImageService/ListImages',
  stream: 'runtime.v1.ImageService/StreamImages',
  shape: message({ items: repeated(1, Image) }),
};
export const Containers = {
  list: 'runtime.v1.RuntimeService/ListContainers',
  stream: 'runtime.v1.RuntimeService/StreamContainers',
  shape: message({ items: repeated(1, Container) }),
};
export const Sandboxes = {
  list: 'runtime.v1.RuntimeService/ListPodSandbox',
  stream: 'runtime.v1.RuntimeService/StreamPodSandboxes',
  shape: message({ items: repeated(1, Sandbox) }),
};
export const ContainerStatus = {
  method: 'runtime.v1.RuntimeService/ContainerStatus',
  shape: message({ status: nested(1, Status) }),
};
/* Whether the pod has a network of its own. Asked without `verbose`: that would add what runtimes write for debugging. */
const NamespaceOption = message({ network: small(1) });
const Linux = message({ namespaces: nested(1, message({ options: nested(2, NamespaceOption) })) });
export const SandboxStatus = {
  method: 'runtime.v1.RuntimeService/PodSandboxStatus',
  shape: message({ status: nested(1, message({ linux: nested(6, Linux) })) }),
};
export const ContainerEvents = {
  method: 'runtime.v1.RuntimeService/GetContainerEvents',
  shape: message({ containerId: text(1), type: small(2), createdAt: large(3) }),
};

export type CriImage = ReturnType<typeof Image.decode>;
export type CriContainer = ReturnType<typeof Container.decode>;
export type CriSandbox = ReturnType<typeof Sandbox.decode>;
