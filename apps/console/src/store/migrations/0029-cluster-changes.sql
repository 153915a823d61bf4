-- When the agent of a cluster last said something else: each change is audited, so few are taken.
alter table cluster add column changed_at timestamptz not null default now();
