import { Select } from '../design/field.tsx';

interface Props<Sort extends string> {
  readonly names: { readonly [sort in Sort]: string };
  /** Undefined: the order that the list has without one in its address, the first of them. */
  readonly sort: Sort | undefined;
  readonly sorts: readonly Sort[];
  readonly onSort: (sort: Sort | undefined) => void;
}

/** In which order a list is. What is chosen first is what it has without a word in its address. */
export function OrderSelect<Sort extends string>({ names, sort, sorts, onSort }: Props<Sort>) {
  return (
    <Select
      aria-label="Order"
      value={sort ?? sorts[0]}
      onChange={({ currentTarget: { value } }) => onSort(sorts.find((one) => one === value))}
    >
      {sorts.map((one) => (
        <option key={one} value={one}>
          {names[one]}
        </option>
      ))}
    </Select>
  );
}
