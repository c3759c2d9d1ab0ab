import { useNavigate } from 'react-router';
import { notify } from '../notices/notices';
import { session } from './session';

export function useLogOut(): () => Promise<void> {
  const navigate = useNavigate();
  return async () => {
    await navigate('/');
    notify({ tone: 'good', text: 'You are logged out.' });
    try {
      await session.logOut();
    } catch {
      // This browser has forgotten the session already; the shop forgets it when it expires.
    }
  };
}
