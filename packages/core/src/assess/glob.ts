/**
 * Whether a path lies where a glob says: `*` and `?` inside a folder's name, `**` for any folders in between. Both are taken
 * from the root of the image, with or without a leading slash. Takes at most (length of glob) × (length of path) steps.
 */
export function matchesGlob(glob: string, path: string): boolean {
  return matchesRuns(segmentsOf(glob), segmentsOf(path), (one) => one === '**', matchesWildcards);
}

/** Whether the whole text fits a pattern in which `*` stands for any characters and `?` for one. */
export function matchesWildcards(pattern: string, text: string): boolean {
  return matchesRuns(
    Array.from(pattern),
    Array.from(text),
    (one) => one === '*',
    (wanted, actual) => wanted === '?' || wanted === actual,
  );
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** Greedy with one step back: the last run is the only one that ever needs to grow. */
function matchesRuns(
  wanted: readonly string[],
  actual: readonly string[],
  isRun: (one: string) => boolean,
  fits: (wanted: string, actual: string) => boolean,
): boolean {
  let at = 0;
  let run: { readonly wanted: number; actual: number } | undefined;
  let index = 0;
  while (index < actual.length) {
    const one = wanted[at];
    const other = actual[index] ?? '';
    if (one !== undefined && isRun(one)) {
      run = { wanted: at, actual: index };
      at += 1;
    } else if (one !== undefined && fits(one, other)) {
      at += 1;
      index += 1;
    } else if (run !== undefined) {
      run.actual += 1;
      index = run.actual;
      at = run.wanted + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every(isRun);
}
