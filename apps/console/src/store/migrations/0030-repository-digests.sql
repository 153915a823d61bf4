-- A pod, and what Podman or CRI-O has, is named by a digest that a registry knows, and nobody says whether it is a manifest's or an index's.
-- With the platform it leads to one image all the same.
-- 0: a host names the image so. 1: a host says that it is an index. 2: the console read the index.
alter table image_index add column certainty smallint not null default 1 check (certainty between 0 and 2);

-- Platforms are compared without a variant that all such machines have, and with the one that is meant where none is said.
insert into image_index (digest, platform, image_id, first_seen)
select digest, 'linux/arm64', image_id, first_seen from image_index where platform = 'linux/arm64/v8'
union all
select digest, 'linux/arm/v7', image_id, first_seen from image_index where platform = 'linux/arm'
on conflict do nothing;
delete from image_index where platform in ('linux/arm64/v8', 'linux/arm');
