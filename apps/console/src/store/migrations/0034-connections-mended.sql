alter table connection
  -- Token servers on other hosts that an administrator confirmed for this connection, as origins.
  add column trusted_realms jsonb not null default '[]',
  -- What nobody could read at its registry is asked for as soon as this connection may be able to.
  add column asks_unread boolean not null default true,
  -- When an administrator saved it last: a limit of what was saved before says nothing of what is saved now.
  add column changed_at timestamptz not null default now();
