/** A minimal Windows library of one section of resources, with the strings of its version information. Offsets are computed, not copied. */
export function buildPe(options: {
  readonly strings: { readonly [key: string]: string };
  readonly managed?: boolean;
  readonly pointerBytes?: 4 | 8;
}): Buffer {
  const { strings, managed = true, pointerBytes = 8 } = options;
  const wide = pointerBytes === 8;
  const optionalBytes = (wide ? 112 : 96) + 16 * 8;
  const resources = buildResources(strings);
  const bytes = Buffer.alloc(FILE_AT + resources.byteLength);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(COFF_AT, 60);
  bytes.write('PE\0\0', COFF_AT, 'latin1');
  bytes.writeUInt16LE(1, COFF_AT + 6);
  bytes.writeUInt16LE(optionalBytes, COFF_AT + 20);
  const optional = COFF_AT + 24;
  bytes.writeUInt16LE(wide ? 0x20b : 0x10b, optional);
  if (wide) bytes.writeBigUInt64LE(0x140000000n, optional + 24);
  else bytes.writeUInt32LE(0x400000, optional + 28);
  const directories = optional + (wide ? 112 : 96);
  bytes.writeUInt32LE(16, directories - 4);
  bytes.writeUInt32LE(RVA, directories + 2 * 8);
  bytes.writeUInt32LE(resources.byteLength, directories + 2 * 8 + 4);
  if (managed) {
    bytes.writeUInt32LE(RVA, directories + 14 * 8);
    bytes.writeUInt32LE(72, directories + 14 * 8 + 4);
  }
  const section = optional + optionalBytes;
  bytes.write('.rsrc', section, 'latin1');
  for (const [index, value] of [resources.byteLength, RVA, resources.byteLength, FILE_AT].entries())
    bytes.writeUInt32LE(value, section + 8 + 4 * index);
  resources.copy(bytes, FILE_AT);
  return bytes;
}

const COFF_AT = 128;
const FILE_AT = 512;
const RVA = 0x2000;
const LEAF_AT = 72;
const INFO_AT = 88;
const IS_DIRECTORY = 0x80000000;

/** Type, name and language, one of each, then the place of the version information and itself. */
function buildResources(strings: { readonly [key: string]: string }): Buffer {
  const info = block('VS_VERSION_INFO', Buffer.alloc(52), 0, [
    block('StringFileInfo', Buffer.alloc(0), 1, [
      block(
        '040904b0',
        Buffer.alloc(0),
        1,
        Object.entries(strings).map(([key, value]) => block(key, Buffer.from(`${value}\0`, 'utf16le'), 1, [])),
      ),
    ]),
  ]);
  const head = Buffer.alloc(INFO_AT);
  for (const [at, id, target] of [
    [0, 16, IS_DIRECTORY + 24],
    [24, 1, IS_DIRECTORY + 48],
    [48, 1033, LEAF_AT],
  ] as const) {
    head.writeUInt16LE(1, at + 14);
    head.writeUInt32LE(id, at + 16);
    head.writeUInt32LE(target, at + 20);
  }
  head.writeUInt32LE(RVA + INFO_AT, LEAF_AT);
  head.writeUInt32LE(info.byteLength, LEAF_AT + 4);
  return Buffer.concat([head, info]);
}

/** Length, length of the value (of text in characters), whether it is text, the key, the value, what stands below; each padded to four bytes. */
function block(key: string, value: Buffer, text: 0 | 1, children: readonly Buffer[]): Buffer {
  const head = padded(Buffer.concat([Buffer.alloc(6), Buffer.from(`${key}\0`, 'utf16le')]));
  const body = children.reduce((all, child) => Buffer.concat([padded(all), child]), Buffer.concat([head, value]));
  body.writeUInt16LE(body.byteLength, 0);
  body.writeUInt16LE(text === 1 ? value.byteLength / 2 : value.byteLength, 2);
  body.writeUInt16LE(text, 4);
  return body;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4)]);
}
