import { useSearchParams } from 'react-router';
import * as z from 'zod/mini';
import { session } from '../session/session';
import { AccountPage } from './AccountPage';

const credentials = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Please enter your e-mail.')),
  password: z.string().check(z.minLength(1, 'Please enter your password.')),
});

export default function LogInPage() {
  const [search] = useSearchParams();
  return (
    <AccountPage
      title="Log in"
      lead={
        search.get('next') === '/cart'
          ? 'Log in to continue; your cart will be waiting.'
          : 'Log in to order and follow your orders.'
      }
      alternative={{ question: 'New here?', path: '/register', label: 'Create account' }}
      schema={credentials}
      problemFields={{
        'unacceptable-email': { field: 'email', message: 'Please enter a valid e-mail address.' },
        'incorrect-credentials': { field: 'password' },
      }}
      send={({ email, password }) => session.logIn(email, password)}
      passwordField={{ autoComplete: 'current-password' }}
      busyLabel="Logging in…"
    />
  );
}
