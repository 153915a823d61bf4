import { RegistryFault } from '../fault.ts';
import { tagDatePagesMax } from '../limits.ts';
import { type Page, walkPages } from '../listing.ts';
import { isTag } from '../reference.ts';
import type { TagDate } from './vendor.ts';

/** What an API says of one tag, before it is judged. */
export interface SaidDate {
  readonly name: string;
  /** A text that JavaScript reads as a date, or epoch milliseconds. Nothing, or nonsense: the tag has no date. */
  readonly pushedAt: string | number | null | undefined;
  readonly isOrdered?: boolean;
}

/** Walks pages of dates within `tagDatePagesMax` requests; a list with more is a fault, as half of one would choose the wrong tags. */
export function walkTagDates(
  place: string,
  first: string,
  fetchPage: (page: string) => Promise<Page<SaidDate>>,
): AsyncGenerator<TagDate, void, void> {
  let pages = 0;
  const fetchCounted = async (page: string): Promise<Page<TagDate>> => {
    pages += 1;
    if (pages > tagDatePagesMax) {
      throw new RegistryFault(
        'limit-exceeded',
        'LISTING_ENDLESS',
        'there are too many tags to ask for all their dates',
        {
          place,
        },
      );
    }
    const { items, next } = await fetchPage(page);
    return { items: items.flatMap(judge), next };
  };
  return walkPages(place, first, fetchCounted, ({ name }) => name);
}

function judge({ name, pushedAt, isOrdered }: SaidDate): readonly TagDate[] {
  const pushedAtMs = typeof pushedAt === 'number' ? pushedAt : Date.parse(pushedAt ?? '');
  return isTag(name) && Number.isFinite(pushedAtMs) ? [{ name, pushedAtMs, isOrdered: isOrdered ?? false }] : [];
}

/** The fault where a vendor has dates, but not for these credentials or this form of address. */
export function noDates(message: string, place: string): RegistryFault {
  return new RegistryFault('unsupported', 'LISTING_UNSUPPORTED', message, { place });
}
