/**
 * Answers of Docker Engine with the containerd image store as others recorded them, each as far as it was given there.
 * Whoever recorded one left out what is left out here.
 */
export const recordedDocker29 = {
  "version": {
    "source": "docker version --format '{{json .}}' of Engine 29.0.0, part Server, in github.com/pypa/cibuildwheel (test of _check_engine_version)",
    "answer": {
      "Platform": {
        "Name": "Docker Engine - Community"
      },
      "Version": "29.0.0",
      "ApiVersion": "1.52",
      "MinAPIVersion": "1.44",
      "Os": "linux",
      "Arch": "amd64",
      "Experimental": false,
      "Components": [
        {
          "Name": "Engine",
          "Version": "29.0.0",
          "Details": {
            "ApiVersion": "1.52",
            "Arch": "amd64",
            "BuildTime": "Mon Nov 10 21:47:52 2025",
            "Experimental": "false",
            "GitCommit": "d105562",
            "GoVersion": "go1.25.4",
            "KernelVersion": "5.15.154+",
            "MinAPIVersion": "1.44",
            "Os": "linux"
          }
        }
      ]
    }
  },
  "listed": {
    "source": "GET /images/json of an index, in github.com/moby/moby/pull/48861",
    "answer": {
      "Containers": -1,
      "Created": 1725624336,
      "Id": "sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a",
      "Labels": null,
      "ParentId": "",
      "Descriptor": {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": "sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a",
        "size": 9218
      },
      "RepoDigests": [
        "alpine@sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a"
      ]
    }
  },
  "attestation": {
    "source": "GET /v1.54/images/json?manifests=1&identity=1, an element of Manifests of moby/buildkit:latest, in github.com/moby/moby/pull/52030",
    "answer": {
      "ID": "sha256:60cdc2c47022ab8ac6df002cbfc427a55b4c4b2ad2e17e59b1f57dbd6e33996e",
      "Descriptor": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": "sha256:60cdc2c47022ab8ac6df002cbfc427a55b4c4b2ad2e17e59b1f57dbd6e33996e",
        "size": 1384,
        "annotations": {
          "vnd.docker.reference.digest": "sha256:f5bf1331bda8069997e7d7d4f8977d6c0e5e6f12f770ec06015a34f8bc0f5428",
          "vnd.docker.reference.type": "attestation-manifest"
        },
        "platform": {
          "architecture": "unknown",
          "os": "unknown"
        }
      },
      "Available": true,
      "Size": {
        "Content": 1477351,
        "Total": 1477351
      },
      "Kind": "attestation",
      "AttestationData": {
        "For": "sha256:f5bf1331bda8069997e7d7d4f8977d6c0e5e6f12f770ec06015a34f8bc0f5428"
      }
    }
  },
  "imageData": {
    "source": "the same request, ImageData of busybox for the platform that was pulled",
    "answer": {
      "Platform": {
        "architecture": "amd64",
        "os": "linux"
      },
      "Identity": {
        "Pull": [
          {
            "Repository": "docker.io/library/busybox"
          }
        ]
      },
      "Size": {
        "Unpacked": 4558848
      },
      "Containers": null
    }
  },
  "inspected": {
    "source": "GET /images/alpine/json, in github.com/moby/moby/pull/48894",
    "answer": {
      "Id": "sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a",
      "RepoTags": [
        "alpine:latest"
      ],
      "RepoDigests": [
        "alpine@sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a"
      ],
      "Parent": "",
      "Comment": "buildkit.dockerfile.v0",
      "Created": "2024-09-06T12:05:36Z",
      "Descriptor": {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": "sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a",
        "size": 9218
      }
    }
  },
  "listedContainer": {
    "source": "GET /containers/json on Colima, in the blog post 'An Exploration of Docker Socket API' of 2026; its author cut the digests",
    "answer": {
      "Id": "ff3eceaf7f730b34931c9d2c1ceef919ca556920254bee3984837ae5e8fa67f5",
      "Names": [
        "/mc-server"
      ],
      "Image": "itzg/minecraft-bedrock-server",
      "ImageManifestDescriptor": {
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "size": 3061,
        "platform": {
          "architecture": "arm64",
          "os": "linux"
        }
      },
      "Command": "/usr/local/bin/entrypoint-demoter --match /data --debug --stdin-on-term stop /opt/bedrock-entry.sh",
      "Created": 1771273266,
      "Ports": [],
      "Labels": {
        "manymine.enable": "true",
        "org.opencontainers.image.version": "master"
      },
      "State": "running",
      "Status": "Up 12 seconds (health: starting)",
      "HostConfig": {
        "NetworkMode": "host"
      },
      "Mounts": [
        {
          "Type": "volume",
          "Name": "mc-volume"
        }
      ]
    }
  },
  "inspectedContainer": {
    "source": "docker inspect of a container of mongo:latest on Engine 29, 2026-09-30, in a public course repository (reto 1 of Lemoncode's module 2)",
    "answer": {
      "Id": "c30620ffe479c4df6502fe8a3962d9fc0ca2a9293a918095b4a910bb8d57a90a",
      "Created": "2026-09-30T21:17:10.148338663Z",
      "Path": "docker-entrypoint.sh",
      "Args": [
        "mongod"
      ],
      "State": {
        "Status": "running",
        "Running": true,
        "Paused": false,
        "Restarting": false,
        "OOMKilled": false,
        "Dead": false,
        "Pid": 1296,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2026-09-30T21:17:10.30650717Z",
        "FinishedAt": "0001-01-01T00:00:00Z"
      },
      "Image": "sha256:5d7043a4ffe02b9ed1b6e0bab057546981af5ca0a79107e9c461e49bc44c0a7b",
      "Name": "/mongodb",
      "RestartCount": 0,
      "Driver": "overlayfs",
      "Platform": "linux",
      "HostConfig": {
        "NetworkMode": "lemoncode-net",
        "CapAdd": null,
        "PidMode": "",
        "Privileged": false,
        "ReadonlyRootfs": false
      },
      "Storage": {
        "RootFS": {
          "Snapshot": {
            "Name": "overlayfs"
          }
        }
      },
      "Config": {
        "Hostname": "c30620ffe479",
        "User": "",
        "Env": [
          "MONGO_MAJOR=8.3",
          "MONGO_VERSION=8.3.11",
          "HOME=/data/db"
        ],
        "Cmd": [
          "mongod"
        ],
        "Image": "mongo:latest",
        "Labels": {
          "org.opencontainers.image.version": "24.04"
        }
      },
      "ImageManifestDescriptor": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": "sha256:949d53a1e0f0f26c8545a9c589474b0ba3be4ca9209c89713c684078665d78d6",
        "size": 2476,
        "annotations": {
          "com.docker.official-images.bashbrew.arch": "amd64",
          "org.opencontainers.image.version": "8.3.11-noble"
        },
        "platform": {
          "architecture": "amd64",
          "os": "linux"
        }
      }
    }
  }
};
