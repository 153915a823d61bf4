import { expect, it } from 'vitest';
import { signPost } from './signature-v4.ts';

it('signs as the SDK of AWS does', () => {
  // The same request signed by @smithy/signature-v4.
  const headers = signPost(
    {
      host: 'api.ecr.eu-west-1.amazonaws.com',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      },
      body: '{}',
    },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    { region: 'eu-west-1', service: 'ecr' },
    Date.parse('2026-11-23T12:00:00Z'),
  );
  expect(headers['x-amz-date']).toBe('20261123T120000Z');
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-west-1/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=44bff72e95ee1097264759d04c89ab3db3337f4669a6b4bb629dad8f45e13b67',
  );
});
