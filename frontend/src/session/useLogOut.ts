import { useNavigate } from 'react-router';
import { notify } from '../notices/noticeStore';
import { session } from './session';

export function useLogOut(): () => Promise<void> {
  const navigate = useNavigate();
  return async () => {
    await navigate('/');
    try {
      await session.logOut();
      notify({ severity: 'success', text: 'You are logged out.' });
    } catch {
      notify({
        severity: 'error',
        text: 'You are logged out here. We will end the session as soon as we reconnect.',
      });
    }
  };
}
