-- Containers are read on while these are made; their reports wait and come again.

create index container_counts_on on container (counts_on, runtime_id) where counts_on is not null;
-- What a node's agent reports of pods, by the id that the cluster's API names as well.
create index container_of_pod on container (runtime_id) where gone_at is null and pod_namespace is not null and runtime <> 'kubernetes';
-- Whether a cluster counts as a host of an image.
create index container_of_cluster on container (host_id, image_id) where runtime = 'kubernetes' and gone_at is null and counts_on is null;

-- Containers of a host image by image, so that those of the most dangerous are found without the others: a cluster is one host of a
-- hundred thousand. In the place of the index of its containers, and hardly larger: equal keys are kept once.
create index container_present_by_image on container (host_id, image_id) where gone_at is null;
drop index container_present;
alter index container_present_by_image rename to container_present;
