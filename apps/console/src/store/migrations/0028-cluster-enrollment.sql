-- Agents of nodes that enrol on the word of their cluster's agent: by tokens that the cluster signs for their pods.

-- Only where an administrator said so: whoever may enrol others can make up hosts.
alter table enrollment add column nodes boolean not null default false;
alter table agent
  add column enrolls_nodes boolean not null default false,
  -- The cluster's agent on whose word this one was enrolled, and the node that it was enrolled for.
  add column cluster_agent_id uuid references agent on delete set null,
  add column node text;
-- A node has one agent, however often its pod is made anew.
create unique index agent_by_node on agent (cluster_agent_id, node) where cluster_agent_id is not null;

-- What the agent of a cluster said last of the tokens of its cluster, and whose tokens enrol.
create table cluster (
  agent_id uuid primary key references agent on delete cascade,
  issuer text not null,
  namespace text not null,
  service_account text not null,
  audience text not null,
  told_at timestamptz not null default now()
);

-- The public keys of a cluster. A key is one cluster's: else an agent could pass off another cluster's nodes as its own.
create table cluster_key (
  -- RFC 7638.
  thumbprint text primary key,
  agent_id uuid not null references cluster on delete cascade,
  kid text not null,
  jwk jsonb not null
);
create index cluster_key_by_kid on cluster_key (kid);
-- One key of a name: many would keep those of other clusters, which may have the same name, from being looked at.
create unique index cluster_key_by_agent on cluster_key (agent_id, kid);

-- A pod enrols once: its token may be read by others while it is good.
create table pod_enrollment (
  cluster_agent_id uuid not null references agent on delete cascade,
  pod_uid text not null,
  -- Goes with it: an agent is kept longer than any token is good, and a node that was off as long has the same pod still.
  agent_id uuid not null references agent on delete cascade,
  enrolled_at timestamptz not null default now(),
  primary key (cluster_agent_id, pod_uid)
);
create index pod_enrollment_by_agent on pod_enrollment (agent_id);

-- Agents of nodes run in pods of a DaemonSet; the pods of all others need no entry.
create index container_by_daemon_pod on container (host_id, pod_uid) where gone_at is null and pod_owner like 'DaemonSet/%';
