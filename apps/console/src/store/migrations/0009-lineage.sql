-- Lineage: which image is the base of which. An image is named by its layers from the lowest up, and each prefix of that list
-- by one hash, as the OCI's ChainID: the base of an image is found by looking up its own prefixes, never by comparing images.

create function extend_layer_chain(chain bytea, diff_id text) returns bytea language sql immutable strict parallel safe
  return sha256(chain || convert_to(diff_id, 'UTF8'));
create aggregate layer_chain(text) (sfunc = extend_layer_chain, stype = bytea, initcond = '');

create table image_prefix (
  image_id uuid not null references image on delete cascade,
  -- How many layers that hold files, lowest first.
  depth int not null,
  chain bytea not null,
  -- All layers of the image: then another image that begins so was built on it.
  whole boolean not null,
  primary key (image_id, depth)
);
create index image_prefix_by_chain on image_prefix (chain, whole) include (image_id, depth);

-- Every list of layers that some image of the scope has, or had: a base goes on being one when its tag moves on.
create table base (
  id bigint generated always as identity primary key,
  scope_id uuid not null references scope,
  chain bytea not null,
  depth int not null,
  image_id uuid not null references image on delete cascade,
  first_seen timestamptz not null default now(),
  unique (scope_id, chain)
);
create index base_by_image on base (image_id);

create table base_name (
  base_id bigint not null references base on delete cascade,
  registry text not null,
  repository text not null,
  -- '' where it was named without one.
  tag text not null,
  first_seen timestamptz not null default now(),
  primary key (base_id, registry, repository, tag)
);

insert into image_prefix (image_id, depth, chain, whole)
select image_id, depth, chain, depth = max(depth) over (partition by image_id)
from (select il.image_id, row_number() over w as depth, layer_chain(l.diff_id) over w as chain
      from image_layer il join layer l on l.id = il.layer_id
      where not il.empty and not exists (select 1 from image_layer u where u.image_id = il.image_id and not u.empty and u.layer_id is null)
      window w as (partition by il.image_id order by il.position rows between unbounded preceding and current row)) c;
insert into base (scope_id, chain, depth, image_id)
select distinct on (g.scope_id, p.chain) g.scope_id, p.chain, p.depth, p.image_id
from image_prefix p join image_sighting g on g.image_id = p.image_id where p.whole order by g.scope_id, p.chain, p.image_id;
insert into base_name (base_id, registry, repository, tag)
select distinct b.id, n.registry, n.repository, n.tag
from image_prefix p join image_name n on n.image_id = p.image_id join base b on b.scope_id = n.scope_id and b.chain = p.chain
where p.whole;

-- A fix is known: what a rebuild or an update would clear is counted by this.
alter table verdict add column fixable boolean not null
  generated always as (coalesce(kind = 'affected' and jsonb_array_length(body -> 'fixedIn') > 0, false)) stored;
create index verdict_fixable on verdict (subject_id) where valid_to is null and fixable;

-- What to do first, for the whole scope: counted in the background, because it reads every fixable finding.
create table leverage (
  scope_id uuid not null references scope,
  rank int not null,
  -- core's LeverageAction.
  body jsonb not null,
  primary key (scope_id, rank)
);
create table leverage_state (
  scope_id uuid primary key references scope,
  computed_at timestamptz not null default now(),
  took_ms int not null
);
create trigger tell_change after insert or update or delete on leverage for each statement execute function tell_change();

-- Every vulnerability, the worst first.
create index verdict_worst_first on verdict (risk desc, group_id desc) where valid_to is null;

-- "Where is this?": packages by their name or their source's, layers by the digest of the stored blob, files by path or hash.
create index subject_by_name on subject (((body ->> 'name') collate "C"));
create index subject_by_source on subject (((body #>> '{source,name}') collate "C")) where body #>> '{source,name}' is not null;
create index image_layer_by_digest on image_layer (digest) where digest is not null;
create table layer_file (
  layer_id bigint not null references layer,
  trust_domain uuid not null references trust_domain on delete cascade,
  path text not null,
  -- SHA-1 or SHA-256 in hexadecimal, where an analyzer took it.
  hash text
);
create index layer_file_by_layer on layer_file (layer_id, trust_domain);
-- Paths may be longer than a b-tree's entry.
create index layer_file_by_path on layer_file using hash (path);
create index layer_file_by_hash on layer_file (hash) where hash is not null;

-- Which assessment comes first (store/queue-priority.ts), kept for every later try; and what somebody cancelled, which
-- nothing but a person asks for again.
alter table assessment add column priority int not null default 70;
alter table assessment add column cancelled boolean not null default false;
