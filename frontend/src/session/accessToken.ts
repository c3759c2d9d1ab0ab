import { jwtDecode } from 'jwt-decode';
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
  try {
    const { email, role, exp, iat } = claims.parse(jwtDecode(value));
    return { value, me: { email, role }, lifetimeSeconds: exp - iat };
  } catch {
    return null;
  }
}
