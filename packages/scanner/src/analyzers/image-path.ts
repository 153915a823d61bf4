/** The folder of a path of the image; empty at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** What a file of `folder` means by a relative or absolute path; `..` never leads out of the image. */
export function joinPath(folder: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${relative.startsWith('/') ? '' : folder}/${relative}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
