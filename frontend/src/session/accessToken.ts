import * as z from 'zod/mini';

const claims = z.object({
  email: z.string(),
  role: z.enum(['user', 'admin']),
  exp: z.number(),
  iat: z.number(),
});

export type Me = { email: string; role: 'user' | 'admin' };
export type AccessToken = { value: string; me: Me; lifetimeSeconds: number };

/** Decodes the claims of a token without verifying its signature, which only the shop can do. */
export function readAccessToken(value: string): AccessToken | null {
  const [, payload] = value.split('.');
  if (payload === undefined) {
    return null;
  }
  try {
    const parsed = claims.parse(JSON.parse(fromBase64Url(payload)));
    return {
      value,
      me: { email: parsed.email, role: parsed.role },
      lifetimeSeconds: parsed.exp - parsed.iat,
    };
  } catch {
    return null;
  }
}

function fromBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}
