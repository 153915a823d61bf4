-- A container that a cluster's agent and the agent of its node both report counts at the node (store/cluster-containers.ts). Decided when
-- one of them reports: lists and counts ask nobody. Readable by a console of the version before, which counts it twice as it did.
alter table host
  add column is_cluster boolean not null default false,
  -- Of a cluster: containers that count at its nodes.
  add column on_nodes int not null default 0;
create index host_of_cluster on host (scope_id) where is_cluster;
-- Clusters are asked for all that they have: their numbers begin at 1.
update host h set is_cluster = true, report_sequence = -1 from agent a where a.id = h.agent_id and a.mode = 'cluster';
