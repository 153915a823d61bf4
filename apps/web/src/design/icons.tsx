import type { ReactNode } from 'react';

/** Outline icons on a 16 px grid. Decorative: what they mean is always said in words too. */
const paths = {
  containers: <path d="M2.5 5 8 2l5.5 3v6L8 14l-5.5-3zM2.5 5 8 8m0 0 5.5-3M8 8v6" />,
  hosts: <path d="M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01" />,
  repositories: <path d="M3 3.5A1.5 1.5 0 0 1 4.5 2H13v9H4.5A1.5 1.5 0 0 0 3 12.5m0-9v9A1.5 1.5 0 0 0 4.5 14H13v-3" />,
  vulnerabilities: <path d="M8 1.8 13 4v3.6c0 3.2-2.1 5.5-5 6.6-2.9-1.1-5-3.4-5-6.6V4zM8 5.2v3.2M8 10.7h.01" />,
  connections: <path d="M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14" />,
  settings: (
    <path d="M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M7.5 11.5h6M10.2 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.8 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z" />
  ),
  search: <path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  copy: <path d="M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1" />,
  check: <path d="m3 8.5 3.3 3.3L13 5" />,
  chevron: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  down: <path d="m3.5 6 4.5 4.5L12.5 6" />,
  up: <path d="m3.5 10 4.5-4.5 4.5 4.5" />,
  upload: <path d="M8 10.5V2.5m-3 3 3-3 3 3M2.5 10.5v3h11v-3" />,
  download: <path d="M8 2.5v8m-3-3 3 3 3-3M2.5 10.5v3h11v-3" />,
  refresh: <path d="M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 2v3h-3" />,
  plus: <path d="M8 3v10M3 8h10" />,
  warning: <path d="M8 2.5 14.5 13.5h-13zM8 6.5V9.5M8 11.5h.01" />,
  info: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5V11M8 5.2h.01" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.5V8l2.5 1.5" />,
  partial: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12" />,
  unknown: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 8h5" />,
  collapse: <path d="M2.5 3h11v10h-11zM6 3v10M11 6.5 9.5 8l1.5 1.5" />,
  external: <path d="M6.5 3.5h-4v10h10v-4M9.5 2.5h4v4M13.5 2.5 7.5 8.5" />,
  trash: <path d="M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9" />,
  sun: (
    <path d="M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M3 13l1.1-1.1M11.9 4.1 13 3" />
  ),
  activity: <path d="M1.5 8H4.5L6.5 3l3 10 2-5h3" />,
  samples: <path d="M6 2h4M7 2v4L3 13h10L9 6V2M5 10h6" />,
  play: <path d="M4.5 3v10l8-5z" />,
  back: <path d="M9.5 3.5 5 8l4.5 4.5" />,
} satisfies { readonly [name: string]: ReactNode };
export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {paths[name]}
    </svg>
  );
}

/** The mark: a hull with a tick. */
export function Mark({ size = 22 }: { readonly size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" fill="none">
      <path d="M3 12h26l-4.2 11.4A4 4 0 0 1 21 26H11a4 4 0 0 1-3.8-2.6z" fill="currentColor" />
      <path d="M9 8.5h14M13 5h6" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
      <path
        d="m11 17.5 3.6 3.6 7-7"
        className="mark-tick"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
