/*
 * The calls of containerd that are made, and what of their answers is read. Numbers are those of containerd's published
 * `api/services/*` and `api/types/*`. What is not here is never a value: a container's `spec` (environment, arguments,
 * mounts), `extensions`, runtime options.
 */
import { bytes, large, message, nested, repeated, small, text, textMap, timestamp } from '../grpc/messages.ts';

const Descriptor = message({ mediaType: text(1), digest: text(2), size: large(3) });
const Image = message({ name: text(1), target: nested(3, Descriptor) });
const Container = message({ id: text(1), labels: textMap(2), image: text(3), createdAt: timestamp(8) });
const Process = message({
  containerId: text(1),
  id: text(2),
  status: small(4),
  exitStatus: small(9),
  exitedAt: timestamp(10),
});

export const Version = {
  method: 'containerd.services.version.v1.Version/Version',
  shape: message({ version: text(1) }),
};
export const ListNamespaces = {
  method: 'containerd.services.namespaces.v1.Namespaces/List',
  shape: message({ namespaces: repeated(1, message({ name: text(1) })) }),
};
export const ListImages = {
  method: 'containerd.services.images.v1.Images/List',
  shape: message({ images: repeated(1, Image) }),
};
export const ListContainers = {
  method: 'containerd.services.containers.v1.Containers/List',
  shape: message({ containers: repeated(1, Container) }),
};
/** One container in each message, so no host is too big for it; since containerd 1.3. */
export const StreamContainers = {
  method: 'containerd.services.containers.v1.Containers/ListStream',
  shape: message({ container: nested(1, Container) }),
};
export const ListTasks = {
  method: 'containerd.services.tasks.v1.Tasks/List',
  shape: message({ tasks: repeated(1, Process) }),
};
/** Of a blob: how large it is, so also whether it is there. */
export const ContentInfo = {
  method: 'containerd.services.content.v1.Content/Info',
  shape: message({ info: nested(1, message({ size: large(2) })) }),
};
export const ReadContent = {
  method: 'containerd.services.content.v1.Content/Read',
  shape: message({ data: bytes(2) }),
};
/* Of every event's content the first field is the id or name of its subject; of the end of a process the second is its own. */
const Subject = message({ containerId: text(1), processId: text(2) });
export const StreamEvents = {
  method: 'containerd.services.events.v1.Events/Subscribe',
  shape: message({
    timestamp: timestamp(1),
    topic: text(3),
    event: nested(4, message({ value: nested(2, Subject) })),
  }),
};

export type ContainerdImage = ReturnType<typeof Image.decode>;
export type ContainerdContainer = ReturnType<typeof Container.decode>;
export type ContainerdTask = ReturnType<typeof Process.decode>;
