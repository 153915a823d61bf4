/** What a list that is fetched page by page knows of its next page. */
interface Paged {
  readonly hasNextPage: boolean;
  readonly isFetchNextPageError: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: (options: { readonly cancelRefetch: boolean }) => Promise<unknown>;
}

/** Asked for with each drawing of the end of the table: a page that failed would be asked for as fast as it fails. */
export function fetchFurther(list: Paged): void {
  // Already on its way is no reason to begin anew.
  if (list.hasNextPage && !list.isFetchNextPageError) void list.fetchNextPage({ cancelRefetch: false });
}

/** Under a list whose next page failed: at its end nothing else says that there is more. */
export function FurtherRows({ list }: { readonly list: Paged }) {
  if (!list.isFetchNextPageError) return null;
  return (
    <p className="muted" role="alert">
      Further rows could not be loaded ·{' '}
      <button
        type="button"
        className="button-link"
        aria-busy={list.isFetchingNextPage}
        onClick={() => void list.fetchNextPage({ cancelRefetch: false })}
      >
        Try again
      </button>
    </p>
  );
}
