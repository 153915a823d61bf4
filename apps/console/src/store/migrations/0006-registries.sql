-- Registries of many vendors: more kinds of credentials, credentials of single repositories, filters, schedules, limits of
-- requests, and what a registry no longer has.
alter table connection drop constraint connection_auth_kind_check;
alter table connection add constraint connection_auth_kind_check
  check (auth_kind in ('anonymous', 'basic', 'token', 'aws-key', 'entra', 'google-key'));
alter table connection
  -- Base of the vendor's own API; null: the usual one.
  add column api_url text,
  add column namespaces jsonb not null default '[]',
  add column exclude_repositories jsonb not null default '[]',
  add column tags_include jsonb not null default '[]',
  add column tags_exclude jsonb not null default '[]',
  add column platforms jsonb not null default '[]',
  -- Addresses that are not public and that an administrator confirmed for this connection.
  add column allowed_addresses jsonb not null default '[]',
  -- Null: read only when someone asks for it.
  add column every_minutes int default 60,
  add column status_code text not null default 'UNKNOWN',
  -- When a reading last ended without anything to complain of.
  add column ok_at timestamptz,
  -- Not before this is anything asked again: a limit of requests.
  add column retry_at timestamptz,
  add column rate_limit jsonb,
  -- The repository at which a limited reading stopped; the next one begins there.
  add column sync_cursor text;

create table connection_credential (
  connection_id uuid not null references connection on delete cascade,
  -- Which repositories; the first that fits counts, by position.
  pattern text not null,
  position int not null,
  auth_kind text not null check (auth_kind in ('anonymous', 'basic', 'token', 'aws-key', 'entra', 'google-key')),
  username text,
  -- Sealed as that of the connection, for this connection and pattern.
  credential bytea,
  primary key (connection_id, pattern)
);

alter table repository
  add column description text,
  add column gone_at timestamptz;
alter table tag
  add column gone_at timestamptz,
  -- For which platforms its images were chosen, sorted, with spaces between; '' is the console's own choice of one.
  add column platforms text not null default '';

-- Every image that a tag names: one per platform that is read. `tag.image_id` is the first of them.
create table tag_image (
  repository_id uuid not null,
  name text not null,
  image_id uuid not null references image on delete cascade,
  primary key (repository_id, name, image_id),
  foreign key (repository_id, name) references tag on delete cascade
);
create index tag_image_by_image on tag_image (image_id);
insert into tag_image (repository_id, name, image_id) select repository_id, name, image_id from tag where image_id is not null;
