-- The overview tells of runtimes that an agent may not read: a handful among the hosts of an estate.
create index host_with_forbidden_runtime on host (scope_id, name collate "C") where runtimes @> '[{"state": "forbidden"}]';
