-- A container that a cluster's agent and the agent of its node both report counts at the node (store/cluster-containers.ts). Decided when
-- one of them reports: lists and counts ask nobody. Readable by a console of the version before, which counts it twice as it did.
alter table host
  add column is_cluster boolean not null default false,
  -- Of a cluster: containers that count at its nodes.
  add column on_nodes int not null default 0;
create index host_of_cluster on host (scope_id) where is_cluster;
-- Clusters are asked for all that they have: their numbers begin at 1.
update host h set is_cluster = true, report_sequence = -1 from agent a where a.id = h.agent_id and a.mode = 'cluster';

alter table container
  -- Of a cluster's container: the host whose agent reports it too.
  add column counts_on uuid,
  -- As its engine says it (`host`, `bridge`, a network's name); null where its agent says none.
  add column network_mode text;
create index container_counts_on on container (counts_on, runtime_id) where counts_on is not null;
-- What a node's agent reports of pods, by the id that the cluster's API names as well.
create index container_of_pod on container (runtime_id) where gone_at is null and pod_namespace is not null and runtime <> 'kubernetes';
-- Whether a cluster counts as a host of an image.
create index container_of_cluster on container (host_id, image_id) where runtime = 'kubernetes' and gone_at is null and counts_on is null;
