import { Link, NavLink } from 'react-router';
import { pieces } from '../cart/cart';
import { useCart } from '../cart/cartStore';
import { useSession } from '../session/useSession';
import { AccountMenu } from './AccountMenu';
import { CartIcon, ManageIcon, Mark, OrdersIcon, PersonIcon } from './Icons';

export function Masthead() {
  const session = useSession();
  return (
    <header className="masthead">
      <div className="page-width masthead-row">
        <Link to="/" className="wordmark">
          <Mark />
          <span className="wordmark-words">Fleetmarket</span>
        </Link>
        <nav className="masthead-links" aria-label="Shop">
          {session.status === 'signed-in' && session.me.role === 'admin' && (
            <NavLink to="/admin/products" className="masthead-link">
              <ManageIcon />
              <span className="words">Manage</span>
            </NavLink>
          )}
          {session.status === 'signed-in' && (
            <NavLink to="/orders" className="masthead-link">
              <OrdersIcon />
              <span className="words">Orders</span>
            </NavLink>
          )}
          <CartLink />
          {session.status === 'signed-in' && <AccountMenu me={session.me} />}
          {session.status === 'visitor' && (
            <NavLink to="/login" className="masthead-link">
              <PersonIcon />
              <span className="words">Log in</span>
            </NavLink>
          )}
        </nav>
      </div>
    </header>
  );
}

function CartLink() {
  const count = pieces(useCart());
  return (
    <NavLink to="/cart" className="masthead-link">
      <CartIcon />
      <span className="words">Cart</span>
      {count > 0 && (
        <span className="cart-count">
          {count > 999 ? '999+' : count}
          <span className="visually-hidden">{count === 1 ? ' piece' : ' pieces'}</span>
        </span>
      )}
    </NavLink>
  );
}
