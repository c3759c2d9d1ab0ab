import { useNavigate } from 'react-router';
import { notify } from '../notices/notices';
import { session } from './session';

export function useLogOut(): () => Promise<void> {
  const navigate = useNavigate();
  return async () => {
    await navigate('/');
    try {
      await session.logOut();
      notify({ tone: 'good', text: 'You are logged out.' });
    } catch {
      notify({ tone: 'bad', text: 'You are logged out here. The shop hears of it as soon as it answers.' });
    }
  };
}
