-- Agents that list a Kubernetes cluster or read a registry instead of a host's engines, and what a cluster's API knows of a pod.
alter table agent drop constraint agent_mode_check;
alter table agent add constraint agent_mode_check check (mode in ('inventory', 'inventory+read', 'collector', 'cluster'));
alter table container
  add column pod_owner text,
  add column pod_node text;
