-- What no image has any more goes in small steps (store/orphans.ts). Readable by a console of the version before, which cleans nothing.
create table cleaning (
  what text primary key,
  -- The last id that the present round has looked at; 0: it begins at the first.
  after bigint not null default 0,
  -- When the next round may begin.
  due_at timestamptz not null default now()
);
insert into cleaning (what) values ('subject'), ('package'), ('vulnerability_group'), ('layer');

-- When a reading last took it in place of the layer's bytes, within the hour: until then the layer is needed, though no image has it.
alter table layer_report add column used_at timestamptz not null default now();

-- Every row that goes is looked for in what might refer to it.
create index occurrence_change_by_package on occurrence_change (package_id);
create index reading_alarm_of_layer on reading_alarm (layer_id) where layer_id is not null;
create index agent_reading_by_layer on agent_reading using gin ((reading -> 'layers') jsonb_path_ops);
