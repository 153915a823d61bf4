import { expect, it } from 'vitest';
import { layerCommand } from './layer-command.ts';

it.each([
  ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
  ['/bin/sh -c #(nop) ADD file:5a7e in / ', 'ADD file:5a7e in /'],
  ['/bin/sh -c apt-get update && apt-get install -y curl', 'RUN apt-get update && apt-get install -y curl'],
  ['RUN /bin/sh -c npm ci --omit=dev # buildkit', 'RUN npm ci --omit=dev'],
  ['RUN |1 VERSION=20 /bin/sh -c ./install.sh # buildkit', 'RUN ./install.sh'],
  ['COPY . /app # buildkit', 'COPY . /app'],
  ['ENTRYPOINT ["docker-entrypoint.sh"]', 'ENTRYPOINT ["docker-entrypoint.sh"]'],
])('%s', (createdBy, command) => expect(layerCommand(createdBy)).toBe(command));
