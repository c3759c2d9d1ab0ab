import { useId } from 'react';
import { Link } from 'react-router';
import { useFocusFallback } from '../focus/focus';
import type { Me } from '../session/accessToken';
import { useLogOut } from '../session/useLogOut';
import { ThemeChoice } from '../theme/ThemeChoice';
import { Icon } from './Icons';

/** A native popover: the browser closes it on Escape and on a click outside. */
export function AccountMenu({ me }: { me: Me }) {
  const id = useId();
  const logOut = useLogOut();
  const menu = useFocusFallback<HTMLDivElement>();
  const close = () => document.getElementById(id)?.hidePopover();
  return (
    <>
      <button type="button" className="site-header-link" popoverTarget={id}>
        <Icon of="person" />
        <span>Account</span>
      </button>
      <div ref={menu} id={id} popover="auto" className="account-menu">
        <div className="account-email">
          <span>{me.role === 'admin' ? 'Logged in as an admin' : 'Logged in as'}</span>
          {me.email}
        </div>
        <Link to="/orders" className="account-item" onClick={close}>
          Your orders
        </Link>
        <ThemeChoice />
        <button type="button" className="account-item" onClick={() => void logOut()}>
          Log out
        </button>
      </div>
    </>
  );
}
