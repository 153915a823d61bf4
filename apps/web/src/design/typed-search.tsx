import { useEffect, useState } from 'react';
import { SearchField } from './field.tsx';

const TYPING_MS = 250;

interface TypedSearchProps {
  readonly label: string;
  readonly placeholder: string;
  /** What the address holds. */
  readonly text: string | undefined;
  readonly onSearch: (text: string | undefined) => void;
}

/** A search whose text goes into the address when typing rests: each letter is no search of its own. */
export function TypedSearch({ label, placeholder, text, onSearch }: TypedSearchProps) {
  const [typing, setTyping] = useState(text ?? '');
  const [given, setGiven] = useState(text);
  if (given !== text) {
    // The address changed from elsewhere: a link, the back button.
    setGiven(text);
    setTyping(text ?? '');
  }
  useEffect(() => {
    const next = typing.trim() === '' ? undefined : typing.trim();
    if (next === text) return;
    const timer = setTimeout(() => {
      setGiven(next);
      onSearch(next);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typing, text, onSearch]);
  return <SearchField label={label} placeholder={placeholder} maxLength={300} value={typing} onSearch={setTyping} />;
}
