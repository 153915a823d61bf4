-- Judged again at the cost of what changed. Not readable by a console of the version before: its lists fail until it is
-- replaced, its jobs wait (judging-rules.ts), so nothing of it is lost.

-- Every switch of revision or rules is an epoch. A subject's verdicts are current when it was judged in the present epoch, or
-- before the settled one and no change since named it: for what did not change nothing is written.
alter table active_database
  add column epoch bigint not null default 1,
  add column settled_epoch bigint not null default 0,
  add column settled_revision text,
  add column settled_rules text;
-- No version's rules: what was judged before knows no epoch and is judged once more.
update active_database set rules = 'before epochs';
alter table subject add column judged_epoch bigint, drop column judged_revision, drop column judged_rules;
create index subject_by_epoch on subject (judged_epoch);

-- Packages once for the estate: images that share a layer share its rows.
create table package (
  id bigint generated always as identity primary key,
  -- sha-256 of the body as jsonb prints it.
  sha256 bytea not null unique,
  purl text not null,
  name text not null,
  version text not null,
  layer text,
  -- core's Package.
  body jsonb not null
);
insert into package (sha256, purl, name, version, layer, body)
  select distinct on (sha) sha, purl, name, version, layer, body
  from (select sha256(convert_to(body::text, 'UTF8')) as sha, purl, name, version, layer, body from package_occurrence) o;
create index package_by_name on package (name);

drop view image_finding;
alter table package_occurrence rename to occurrence;
alter table occurrence add column package_id bigint references package;
update occurrence o set package_id = p.id from package p where p.sha256 = sha256(convert_to(o.body::text, 'UTF8'));
alter table occurrence alter column package_id set not null,
  drop column purl, drop column name, drop column version, drop column layer, drop column body;
-- Covering: which images have a subject, and which subjects an image has, without a look at the table.
drop index package_occurrence_by_subject;
create index occurrence_by_subject on occurrence (subject_id) include (image_id, judged);
alter table occurrence drop constraint package_occurrence_pkey, add primary key (image_id, position) include (subject_id, judged);
create index occurrence_by_package on occurrence (package_id);
-- As it was: each occurrence with its package. Who asks for no column of the package does not look at it.
create view package_occurrence as
  select o.image_id, o.position, o.subject_id, o.judged, o.package_id, p.purl, p.name, p.version, p.layer, p.body
  from occurrence o left join package p on p.id = o.package_id;

create view image_finding as
  select o.image_id, o.position, o.subject_id, p.purl, p.name, p.version, p.layer, p.body as package,
         v.group_id, g.display_id, v.risk, v.body as judgement, v.valid_from
  from occurrence o
  join package p on p.id = o.package_id
  join verdict v on v.subject_id = o.subject_id and v.valid_to is null
  join vulnerability_group g on g.id = v.group_id
  where o.judged;

-- What counting needs of a verdict, beside its body; whether a fix is known comes with lineage.
alter table verdict
  add column rating text not null default 'moderate',
  add column severity text not null default 'unknown',
  add column exploitable boolean not null default false,
  add column undetermined boolean not null default false,
  add column ended_revision text,
  -- { field: [before, after] } of a verdict that another one replaced.
  add column ended_changes jsonb;
update verdict set rating = body ->> 'rating', severity = body ->> 'severity',
  exploitable = (body ->> 'kev')::boolean or body ->> 'exploit' <> 'none',
  undetermined = body ->> 'unparsable' is not null;
create index verdict_by_subject on verdict (subject_id, risk);
create index verdict_history on verdict (group_id, valid_from);

-- Which ecosystems an image needs sources for. Few images differ in them: what the present sources lack is said once for all.
create table coverage_profile (
  id bigint generated always as identity primary key,
  ecosystems jsonb not null,
  sha256 bytea not null unique,
  state text not null check (state in ('none', 'partial', 'complete'))
);

-- Kept for one version, so that nothing is dropped that a way back would need; no longer written or read.
alter table image_result
  alter column state drop not null, alter column risk_model drop not null, alter column counts drop not null,
  alter column coverage drop not null, alter column representatives drop not null;
alter table image_result
  -- By the inventory alone, as if every source answered for everything.
  add column own_state text not null default 'partial' check (own_state in ('complete', 'partial', 'not-assessable')),
  add column os_release text,
  add column profile_id bigint references coverage_profile,
  add column first_assessed_at timestamptz not null default now();
update image_result set first_assessed_at = assessed_at, rules = null;

-- The open verdicts of an image, counted: kept in step by every transaction that changes one of them.
create table image_standing (
  image_id uuid primary key references image on delete cascade,
  state text not null check (state in ('complete', 'partial', 'not-assessable')),
  score int not null,
  risk int generated always as (case when state = 'not-assessable' then null else score end) stored,
  risk_model text not null,
  -- Each vulnerability once, with its worst risk: how many, their sum, the sum of their squares, the highest.
  vulnerabilities int not null,
  risk_total bigint not null,
  squares bigint not null,
  worst int not null,
  undetermined int not null,
  critical int not null,
  severe int not null,
  moderate int not null,
  total int not null,
  fixable int not null,
  exploitable int not null,
  severity_critical int not null,
  severity_high int not null,
  severity_medium int not null,
  severity_low int not null,
  severity_negligible int not null,
  severity_unknown int not null
) with (fillfactor = 70);
-- Counted here as it was shown; the first start judges everything once more.
insert into image_standing
  (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe, moderate, total, fixable,
   exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
  select image_id, state, coalesce(risk, 0), risk_model, 0, coalesce(risk_total, 0), 0, coalesce(risk, 0), 0,
         coalesce((counts ->> 'critical')::int, 0), coalesce((counts ->> 'severe')::int, 0), coalesce((counts ->> 'moderate')::int, 0),
         coalesce((counts ->> 'total')::int, 0), coalesce((counts ->> 'fixable')::int, 0), coalesce((counts ->> 'exploitable')::int, 0),
         0, 0, 0, 0, 0, 0
  from image_result;

-- What reading an image again added to it or took from it. The first reading leaves no row.
create table occurrence_change (
  id bigint generated always as identity primary key,
  image_id uuid not null references image on delete cascade,
  at timestamptz not null default now(),
  subject_id bigint not null references subject,
  package_id bigint not null references package,
  appeared boolean not null,
  cause text not null
);
create index occurrence_change_by_image on occurrence_change (image_id, at);
create index occurrence_change_by_subject on occurrence_change (subject_id);

-- The last state of each day on which something changed; it holds until the next row.
create table image_trend (
  image_id uuid not null references image on delete cascade,
  since date not null,
  risk int,
  risk_total bigint not null,
  critical int not null,
  severe int not null,
  moderate int not null,
  total int not null,
  primary key (image_id, since)
);

-- Lists read in the order of an index, from where the last page ended.
drop index container_by_scope;
create index container_by_scope on container (scope_id, name collate "C", id) where gone_at is null;
drop index host_by_scope;
create index host_by_scope on host (scope_id, name collate "C", id);
create index container_presence_open on container_presence (container_id) where valid_to is null;
-- Counted by whoever changes them: a page of hosts would count tens of thousands of containers.
alter table host add column images int not null default 0, add column running int not null default 0, add column containers int not null default 0;
update host h set images = (select count(distinct hi.image_id) from host_image hi where hi.host_id = h.id),
  running = (select count(*) from container c where c.host_id = h.id and c.gone_at is null and c.state = 'running'),
  containers = (select count(*) from container c where c.host_id = h.id and c.gone_at is null);

create trigger tell_change after insert or update or delete on image_standing for each statement execute function tell_change();
