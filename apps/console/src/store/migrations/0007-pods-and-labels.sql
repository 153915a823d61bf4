-- Which pod a container belongs to (Kubernetes', or Podman's own without a namespace), and the labels that its host's agent lets out.
alter table container
  add column pod_namespace text,
  add column pod_name text,
  add column pod_uid text,
  add column labels jsonb not null default '{}';
