-- The data model of docs/architecture.md. Compatible: nothing ran before it.
-- Text from outside holds no U+0000 when it gets here (store/plain-text.ts). Times are the database's clock.

create table scope (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  created_at timestamptz not null default now()
);
insert into scope (id, name) values ('00000000-0000-4000-8000-000000000001', 'default');

-- Trust domains: who read a layer. The console is one; each agent is its own (its id is the domain's).
create table trust_domain (
  id uuid primary key,
  kind text not null check (kind in ('console', 'agent'))
);
insert into trust_domain (id, kind) values ('00000000-0000-4000-8000-000000000002', 'console');

-- Accounts ------------------------------------------------------------------------------------------------------------

create table app_user (
  id uuid primary key default gen_random_uuid(),
  email text not null unique check (email = lower(email)),
  password_hash text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

create table session (
  token_sha256 bytea primary key,
  user_id uuid not null references app_user on delete cascade,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  address text
);
create index session_by_user on session (user_id);

create table api_token (
  id uuid primary key default gen_random_uuid(),
  secret_sha256 bytea not null unique,
  prefix text not null,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  used_at timestamptz,
  revoked_at timestamptz
);

-- The one-time links that starts printed; all go when the first administrator exists.
create table setup_token (
  token_sha256 bytea primary key,
  created_at timestamptz not null default now()
);

-- Failures only, kept for the limits: `account:<email>`, `address:<ip>`.
create table sign_in_failure (
  id bigint generated always as identity primary key,
  subject text not null,
  at timestamptz not null default now()
);
create index sign_in_failure_by_subject on sign_in_failure (subject, at);

create table audit (
  seq bigint primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  target text,
  outcome text not null check (outcome in ('ok', 'refused', 'failed')),
  address text,
  detail jsonb not null,
  previous_sha256 bytea not null,
  sha256 bytea not null
);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only';
end $$;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_change();

create table setting (
  key text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

-- Hosts and agents ----------------------------------------------------------------------------------------------------

create table agent (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  name text not null,
  version text not null,
  mode text not null default 'inventory' check (mode in ('inventory', 'inventory+read')),
  local boolean not null default false,
  enrolled_at timestamptz not null default now(),
  seen_at timestamptz,
  revoked_at timestamptz
);

create table agent_key (
  secret_sha256 bytea primary key,
  agent_id uuid not null references agent,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table enrollment (
  secret_sha256 bytea primary key,
  scope_id uuid not null references scope,
  local boolean not null default false,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  agent_id uuid references agent
);

create table host (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  -- The agent that reports it now; another may take it over only when this one is revoked or silent.
  agent_id uuid unique references agent,
  machine_id text not null,
  name text not null,
  os text,
  kernel text,
  architecture text,
  runtimes jsonb not null default '[]',
  report_sequence bigint not null default 0,
  clock_skew_ms bigint not null default 0,
  first_seen timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create index host_by_scope on host (scope_id, name, id);
create index host_by_machine on host (scope_id, machine_id);

-- Registries ----------------------------------------------------------------------------------------------------------

create table connection (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  kind text not null,
  name text not null,
  url text not null,
  -- `host[:port]` as references name it; credentials go to exactly this one.
  registry text not null,
  auth_kind text not null check (auth_kind in ('anonymous', 'basic', 'token')),
  username text,
  -- AES-256-GCM envelope: key id, nonce, ciphertext, tag; bound to table, row and column.
  credential bytea,
  repositories jsonb not null,
  tls_ca text,
  insecure_http boolean not null,
  tags_max int not null,
  status text not null default 'unknown',
  status_partial text,
  status_detail text not null default 'Not tried yet.',
  status_at timestamptz,
  sync_activity text not null default 'idle' check (sync_activity in ('idle', 'queued', 'running')),
  sync_token uuid,
  sync_at timestamptz,
  sync_error text,
  created_at timestamptz not null default now(),
  unique (scope_id, name)
);
create index connection_by_registry on connection (registry);

create table repository (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  connection_id uuid not null references connection on delete cascade,
  registry text not null,
  name text not null,
  error text,
  synced_at timestamptz,
  unique (connection_id, name)
);
create index repository_by_name on repository (scope_id, registry, name, id);

-- Images --------------------------------------------------------------------------------------------------------------

create table image (
  id uuid primary key default gen_random_uuid(),
  created_at timestamptz not null default now(),
  platform text,
  -- When the image says it was built; bytes of its stored layers.
  built_at timestamptz,
  size bigint,
  -- Some runtime names it thus when nothing else is known: `docker/sha256:…`.
  fallback_name text
);

-- What identifies: one row per typed digest. An index digest never does (image_index).
create table image_digest (
  kind text not null check (kind in ('config', 'manifest')),
  digest text not null,
  image_id uuid not null references image on delete cascade,
  first_seen timestamptz not null default now(),
  primary key (digest, kind)
);
create index image_digest_by_image on image_digest (image_id);

-- An observation: this index named this image for this platform. '' where the platform was not said.
create table image_index (
  digest text not null,
  platform text not null,
  image_id uuid not null references image on delete cascade,
  first_seen timestamptz not null default now(),
  primary key (digest, platform, image_id)
);
create index image_index_by_image on image_index (image_id);

-- In which repository a digest (of any kind) was seen.
create table digest_seen (
  digest text not null,
  kind text not null check (kind in ('config', 'manifest', 'index')),
  image_id uuid not null references image on delete cascade,
  registry text not null,
  repository text not null,
  seen_at timestamptz not null default now(),
  primary key (image_id, digest, kind, registry, repository)
);

-- Where a merged row went, so that an old link still leads somewhere.
create table image_merge (
  old_id uuid primary key,
  image_id uuid not null references image on delete cascade,
  merged_at timestamptz not null default now(),
  reason text not null
);
create index image_merge_by_image on image_merge (image_id);

create table tag (
  repository_id uuid not null references repository on delete cascade,
  name text not null,
  digest text not null,
  image_id uuid references image on delete set null,
  error text,
  seen_at timestamptz not null default now(),
  primary key (repository_id, name)
);
create index tag_by_image on tag (image_id);

create table image_sighting (
  image_id uuid not null references image on delete cascade,
  scope_id uuid not null references scope,
  kind text not null check (kind in ('host', 'connection', 'upload', 'sample')),
  source_id uuid not null,
  name text not null,
  first_seen timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  primary key (image_id, scope_id, kind, source_id)
);
create index image_sighting_by_source on image_sighting (source_id, image_id);

create table image_name (
  image_id uuid not null references image on delete cascade,
  scope_id uuid not null references scope,
  source_id uuid not null,
  registry text not null,
  repository text not null,
  -- '' where it was named without one.
  tag text not null,
  seen_at timestamptz not null default now(),
  primary key (image_id, scope_id, source_id, registry, repository, tag)
);
create index image_name_by_source on image_name (source_id, image_id);
create index image_name_by_repository on image_name (registry, repository);

-- An agent's own name for an image on its host.
create table host_image (
  host_id uuid not null references host on delete cascade,
  image_key text not null,
  image_id uuid not null references image on delete cascade,
  seen_at timestamptz not null default now(),
  primary key (host_id, image_key)
);
create index host_image_by_image on host_image (image_id);

create table container (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  host_id uuid not null references host on delete cascade,
  runtime text not null,
  runtime_id text not null,
  name text not null,
  image_key text,
  image_id uuid references image on delete set null,
  image_reference text not null,
  state text not null,
  created_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  exit_code int,
  ports jsonb not null default '[]',
  first_seen timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  gone_at timestamptz,
  unique (host_id, runtime, runtime_id)
);
create index container_by_image on container (image_id) where gone_at is null;
create index container_by_scope on container (scope_id, name, id) where gone_at is null;

-- When it was in which state, by the console's clock.
create table container_presence (
  container_id uuid not null references container on delete cascade,
  state text not null,
  valid_from timestamptz not null default now(),
  valid_to timestamptz,
  primary key (container_id, valid_from)
);

-- Layers --------------------------------------------------------------------------------------------------------------

create table layer (
  id bigint generated always as identity primary key,
  diff_id text not null unique
);

create table layer_report (
  trust_domain uuid not null references trust_domain on delete cascade,
  layer_id bigint not null references layer,
  -- sha-256 of the readers' versions: another walker, analyzer or limit makes another report.
  readers_sha256 text not null,
  readers jsonb not null,
  -- sha-256 of what was read, without what may differ between honest readers.
  content_sha256 bytea not null,
  -- JSON, zstd.
  report bytea not null,
  created_at timestamptz not null default now(),
  primary key (layer_id, trust_domain, readers_sha256)
);
create index layer_report_by_domain on layer_report (trust_domain);

create table image_layer (
  image_id uuid not null references image on delete cascade,
  position int not null,
  layer_id bigint references layer,
  digest text,
  size bigint,
  created_by text,
  empty boolean not null,
  -- Who read it for the present assessment.
  read_by text,
  primary key (image_id, position)
);
create index image_layer_by_layer on image_layer (layer_id);

-- What an agent said about an image it was asked to read; layers come by themselves.
create table agent_reading (
  image_id uuid not null references image on delete cascade,
  agent_id uuid not null references agent on delete cascade,
  reading jsonb not null,
  received_at timestamptz not null default now(),
  primary key (image_id, agent_id)
);

-- Subjects and verdicts -----------------------------------------------------------------------------------------------

create table subject (
  id bigint generated always as identity primary key,
  key_sha256 bytea not null unique,
  body jsonb not null,
  judged_revision text
);
create table subject_lookup (
  ecosystem text not null,
  name text not null,
  subject_id bigint not null references subject on delete cascade,
  primary key (ecosystem, name, subject_id)
);
create index subject_lookup_by_subject on subject_lookup (subject_id);

create table vulnerability_group (
  id bigint generated always as identity primary key,
  display_id text not null,
  created_at timestamptz not null default now()
);
create table vulnerability_alias (
  alias text primary key,
  group_id bigint not null references vulnerability_group
);
create index vulnerability_alias_by_group on vulnerability_alias (group_id);

-- Open verdicts only: an all-clear is a verdict that ended. `body` is core's Judgement.
create table verdict (
  id bigint generated always as identity primary key,
  subject_id bigint not null references subject,
  group_id bigint not null references vulnerability_group,
  kind text not null,
  risk int not null,
  body jsonb not null,
  cause text not null,
  database_revision text not null,
  valid_from timestamptz not null default now(),
  valid_to timestamptz,
  ended_cause text
);
create unique index verdict_current on verdict (subject_id, group_id) where valid_to is null;
create index verdict_by_group on verdict (group_id) where valid_to is null;

create table package_occurrence (
  image_id uuid not null references image on delete cascade,
  position int not null,
  subject_id bigint not null references subject,
  purl text not null,
  name text not null,
  version text not null,
  layer text,
  -- False where its operating system answers for it, or the same package stands at an earlier place.
  judged boolean not null,
  -- core's Package.
  body jsonb not null,
  primary key (image_id, position)
);
create index package_occurrence_by_subject on package_occurrence (subject_id);

create view image_finding as
  select o.image_id, o.position, o.subject_id, o.purl, o.name, o.version, o.layer, o.body as package,
         v.group_id, g.display_id, v.risk, v.body as judgement, v.valid_from
  from package_occurrence o
  join verdict v on v.subject_id = o.subject_id and v.valid_to is null
  join vulnerability_group g on g.id = v.group_id
  where o.judged;

-- Results -------------------------------------------------------------------------------------------------------------

create table image_result (
  image_id uuid primary key references image on delete cascade,
  state text not null check (state in ('complete', 'partial', 'not-assessable')),
  risk int,
  risk_total bigint,
  risk_model text not null,
  explanation text,
  counts jsonb not null,
  packages int not null,
  os jsonb,
  -- Of the inventory alone, and all of them: the first are kept when another database judges it.
  inventory_problems jsonb not null,
  problems jsonb not null,
  coverage jsonb not null,
  -- One package of each ecosystem: enough to say again which source answers for it.
  representatives jsonb not null,
  operating_system jsonb,
  reason text,
  read_by text not null,
  readers_sha256 text not null,
  database_revision text,
  database_built_at text,
  -- core's ImageFacts.
  facts jsonb not null,
  assessed_at timestamptz not null default now()
);

create table assessment (
  id uuid primary key default gen_random_uuid(),
  image_id uuid not null references image on delete cascade,
  -- `waiting`: an agent was asked to read it.
  state text not null check (state in ('queued', 'running', 'waiting', 'done', 'failed', 'none')),
  -- The attempt that may write; another one's writes affect no row.
  token uuid,
  attempts int not null default 0,
  layers_done int,
  layers_total int,
  reason text,
  waiting_agent uuid references agent,
  want_until timestamptz,
  upload_id uuid,
  -- Agents that were asked and failed, so that another holder is asked next.
  agents_tried uuid[] not null default '{}',
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz
);
create unique index assessment_active on assessment (image_id) where state in ('queued', 'running', 'waiting');
create index assessment_by_image on assessment (image_id, queued_at desc);
create index assessment_by_agent on assessment (waiting_agent) where state = 'waiting';
create index assessment_recent on assessment (queued_at desc, id);

-- One row per image and scope: what lists show and sort by. `rank` puts unknown above zero and below every known risk.
create table image_summary (
  scope_id uuid not null references scope,
  image_id uuid not null references image on delete cascade,
  rank int not null,
  risk int,
  state text not null,
  registry text,
  repository text,
  tags text[] not null,
  names text[] not null,
  digest text,
  os_id text,
  hosts int not null,
  running int not null,
  size bigint,
  built_at timestamptz,
  primary key (scope_id, image_id)
);
create index image_summary_worst_first on image_summary (scope_id, rank desc, image_id desc);

-- Vulnerability database ----------------------------------------------------------------------------------------------

create table database_revision (
  revision text primary key,
  path text not null,
  origin text not null,
  built_at text not null,
  sources jsonb not null,
  added_at timestamptz not null default now()
);
-- The pointer: one row, one switch.
create table active_database (
  only_one boolean primary key default true check (only_one),
  revision text not null references database_revision,
  since timestamptz not null default now()
);

create table feed_state (
  id text primary key,
  state text not null check (state in ('current', 'refreshing', 'failed', 'starter', 'missing')),
  updated_at text,
  fetched_at timestamptz,
  records bigint not null default 0,
  extent text not null default 'excerpt' check (extent in ('whole', 'excerpt')),
  ecosystems jsonb not null default '[]',
  progress double precision,
  error text
);

-- Uploads and work ----------------------------------------------------------------------------------------------------

create table upload (
  id uuid primary key default gen_random_uuid(),
  scope_id uuid not null references scope,
  name text not null,
  kind text not null default 'upload' check (kind in ('upload', 'sample')),
  bytes bigint not null,
  sha256 text not null,
  -- Name in the uploads folder; null once nothing needs the bytes.
  file text,
  created_by text not null,
  received_at timestamptz not null default now()
);
create index upload_recent on upload (received_at desc, id);
create table upload_image (
  upload_id uuid not null references upload on delete cascade,
  image_id uuid not null references image on delete cascade,
  -- Which image of the archive.
  position int not null,
  assessment_id uuid,
  primary key (upload_id, position)
);
create index upload_image_by_image on upload_image (image_id);

-- Work other than assessments; the queue itself is graphile-worker's.
create table work_item (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  what text not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  attempts int not null default 0,
  reason text,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
create index work_item_recent on work_item (queued_at desc, id);

-- Processes that run jobs. One that stops beating is dead: its jobs go to others.
create table worker_process (
  id uuid primary key,
  worker_ids text[] not null default '{}',
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);

create view job as
  select a.id::text as id, 'assess-image' as kind, a.image_id, null::text as what,
         case a.state when 'waiting' then 'running' when 'none' then 'done' else a.state end as state,
         a.attempts, a.queued_at, a.started_at, a.finished_at, a.reason
  from assessment a
  union all
  select w.id::text, w.kind, null, w.what, w.state, w.attempts, w.queued_at, w.started_at, w.finished_at, w.reason
  from work_item w;

-- Changes are told when their transaction commits, so that a page which then looks sees them.
create function tell_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('hullcheck_change', '');
  return null;
end $$;
do $$
declare name text;
begin
  foreach name in array array['image_summary', 'image_result', 'assessment', 'host', 'container', 'connection',
                              'repository', 'feed_state', 'active_database', 'work_item', 'upload', 'agent'] loop
    execute format('create trigger tell_change after insert or update or delete on %I for each statement execute function tell_change()', name);
  end loop;
end $$;
