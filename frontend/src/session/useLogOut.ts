import { useNavigate } from 'react-router';
import { notify } from '../notices/noticeStore';
import { session } from './session';

export function useLogOut(): () => Promise<void> {
  const navigate = useNavigate();
  return async () => {
    await navigate('/');
    try {
      await session.logOut();
      notify({ tone: 'good', text: 'You are logged out.' });
    } catch {
      notify({
        tone: 'bad',
        text: 'You are logged out here. We will end the session as soon as we reconnect.',
      });
    }
  };
}
