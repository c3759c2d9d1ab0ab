import { Link, NavLink } from 'react-router';
import { itemCount } from '../cart/cart';
import { useCart } from '../cart/cartStore';
import { useSession } from '../session/useSession';
import { AccountMenu } from './AccountMenu';
import { Icon, Logo } from './Icons';

export function Header() {
  const session = useSession();
  return (
    <header className="site-header">
      <div className="page-width site-header-row">
        <Link to="/" className="wordmark">
          <Logo />
          <span className="wordmark-text">Fleetmarket</span>
        </Link>
        <nav className="site-header-links" aria-label="Main">
          {session.status === 'signed-in' && session.me.role === 'admin' && (
            <NavLink to="/admin/products" className="site-header-link">
              <Icon of="manage" />
              <span>Manage</span>
            </NavLink>
          )}
          {session.status === 'signed-in' && (
            <NavLink to="/orders" className="site-header-link">
              <Icon of="orders" />
              <span>Orders</span>
            </NavLink>
          )}
          <CartLink />
          {session.status === 'signed-in' && <AccountMenu me={session.me} />}
          {session.status === 'signed-out' && (
            <NavLink to="/login" className="site-header-link">
              <Icon of="person" />
              <span>Log in</span>
            </NavLink>
          )}
        </nav>
      </div>
    </header>
  );
}

function CartLink() {
  const count = itemCount(useCart());
  return (
    <NavLink to="/cart" className="site-header-link">
      <Icon of="cart" />
      <span>Cart</span>
      {count > 0 && (
        <span className="cart-count">
          {count > 999 ? '999+' : count}
          <span className="visually-hidden">{count === 1 ? ' item' : ' items'}</span>
        </span>
      )}
    </NavLink>
  );
}
