import { useNavigate, useSearchParams } from 'react-router';
import * as z from 'zod/mini';
import { notify } from '../notices/noticeStore';
import { session } from '../session/session';
import { AccountPage } from './AccountPage';

const credentials = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Please enter your e-mail.')),
  password: z
    .string()
    .check(z.minLength(8, 'Use at least 8 characters.'), z.maxLength(128, 'Use at most 128 characters.')),
});

export default function RegisterPage() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  return (
    <AccountPage
      title="Create account"
      lead="All you need is an e-mail address and a password. Your cart stays as it is."
      alternative={{ question: 'Already have an account?', path: '/login', label: 'Log in' }}
      schema={credentials}
      problemFields={{
        'unacceptable-email': {
          field: 'email',
          message: 'We cannot use this address. Already registered? Log in.',
        },
      }}
      send={async ({ email, password }) => {
        await session.register(email, password);
        try {
          await session.logIn(email, password);
        } catch {
          notify({ severity: 'success', text: 'Your account has been created. Please log in.' });
          await navigate({ pathname: '/login', search: search.toString() });
        }
      }}
      passwordField={{
        autoComplete: 'new-password',
        hint: 'Use at least 8 characters; a short phrase works well.',
      }}
      busyLabel="Creating your account…"
    />
  );
}
