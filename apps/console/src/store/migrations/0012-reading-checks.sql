-- An image that an agent read is to be read by a second agent that has it, once: what only one host says may be a lie.
-- `wanted`: no second holder was asked yet, or the asked one gave no answer. An image whose layers two readers know needs none.
create table reading_check (
  image_id uuid primary key references image on delete cascade,
  state text not null check (state in ('wanted', 'asked', 'confirmed', 'differs')),
  -- Who was asked, and by which token it answers.
  agent_id uuid references agent,
  token uuid,
  want_until timestamptz,
  -- Agents that were asked before: each once, and only a few.
  tried uuid[] not null default '{}',
  -- When a holder is looked for.
  due_at timestamptz not null default now(),
  ended_at timestamptz
);
create index reading_check_due on reading_check (due_at) where state = 'wanted';
create index reading_check_by_agent on reading_check (agent_id) where state = 'asked';

-- Two readings that can't both be true: of one layer, or (without a layer) of which layers an image has.
create table reading_alarm (
  id uuid primary key default gen_random_uuid(),
  layer_id bigint references layer,
  image_id uuid references image on delete cascade,
  raised_at timestamptz not null default now(),
  -- When they no longer differed, because one of the readers was revoked or reads differently now.
  ended_at timestamptz,
  check ((layer_id is null) <> (image_id is null))
);
create unique index reading_alarm_by_layer on reading_alarm (layer_id) where ended_at is null;
create unique index reading_alarm_by_image on reading_alarm (image_id) where ended_at is null;

-- Images that stand on an agent's word.
create index image_layer_by_agent on image_layer (read_by) where read_by <> 'console';
