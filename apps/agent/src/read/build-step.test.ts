import { expect, it } from 'vitest';
import { withoutBuildValues } from './build-step.ts';

it.each([
  ['ENV TOKEN=CANARY', 'ENV TOKEN=…'],
  ['ENV A=1 B=two words CANARY', 'ENV A=…'],
  ['ENV TOKEN CANARY', 'ENV TOKEN …'],
  ['ARG TOKEN=CANARY', 'ARG TOKEN=…'],
  ['ARG TOKEN', 'ARG TOKEN'],
  ['/bin/sh -c #(nop)  ENV TOKEN=CANARY', '/bin/sh -c #(nop)  ENV TOKEN=…'],
  ['/bin/sh -c #(nop) ARG TOKEN=CANARY\nCANARY', '/bin/sh -c #(nop) ARG TOKEN=…'],
  ['RUN |2 A=CANARY B=x CANARY /bin/sh -c make # buildkit', 'RUN |2 … /bin/sh -c make # buildkit'],
  ['|1 A=CANARY /bin/bash -o pipefail -c make', '|1 …'],
  ['RUN |1 A=CANARY', 'RUN |1 …'],
  ['COPY . /environment # buildkit', 'COPY . /environment # buildkit'],
  ['RUN /bin/sh -c echo "ENV x" | grep ENV', 'RUN /bin/sh -c echo "ENV x" | grep ENV'],
  ['CMD ["sh"]', 'CMD ["sh"]'],
])('%j is told as %j', (step, told) => {
  expect(withoutBuildValues(step)).toBe(told);
});
