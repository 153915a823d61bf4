/** Whether NuGet could have published the version: one to four numbers, then labels. Not a range, not a property, not floating. */
export function isNugetVersion(version: string): boolean {
  return /^\d+(?:\.\d+){0,3}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(version);
}
