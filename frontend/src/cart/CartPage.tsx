import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { sentencesFor } from '../api/problem';
import { focusOn } from '../app/focus';
import { PageTitle } from '../app/PageTitle';
import { announce } from '../notices/notices';
import { QuietPicture } from '../product/picture/QuietPicture';
import { CartLineRow } from './CartLineRow';
import { Checkout } from './Checkout';
import { cartStore } from './cartStore';
import { mended, needsMending, type ReckonedLine } from './reckoning';
import { useReckonedCart } from './useReckonedCart';

export default function CartPage() {
  const { lines, isReckoning, error, retry } = useReckonedCart();
  if (lines.length === 0) {
    return <EmptyCart />;
  }
  return (
    <div className="page">
      <PageTitle>Your cart</PageTitle>
      <div className="page-head">
        <h1>Your cart</h1>
      </div>
      {error !== null && (
        <div className="advice" role="alert">
          <p>We cannot check the stock just now. {sentencesFor(error)}</p>
          <Button size="sm" variant="outline-primary" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      <Mending lines={lines} />
      <div className="cart">
        <ul className="cart-lines">
          {lines.map((line) => (
            <CartLineRow key={line.name} line={line} />
          ))}
        </ul>
        <Checkout lines={lines} isReckoning={isReckoning} />
      </div>
    </div>
  );
}

function Mending({ lines }: { lines: ReckonedLine[] }) {
  const broken = lines.filter(needsMending);
  return (
    <div role="status">
      {broken.length > 0 && (
        <div className="advice">
          <p>
            {broken.length === 1
              ? 'One line cannot be had as it is.'
              : `${broken.length} lines cannot be had as they are.`}
          </p>
          <Button size="sm" onClick={() => mend(lines)}>
            Mend my cart
          </Button>
        </div>
      )}
    </div>
  );
}

function mend(lines: ReckonedLine[]): void {
  cartStore.change(() => mended(lines));
  announce('Your cart asks for what there is.');
  focusOn(null);
}

function EmptyCart() {
  return (
    <div className="quiet-state">
      <PageTitle>Your cart</PageTitle>
      <QuietPicture of="shelf" />
      <h1>Your cart is empty</h1>
      <p>What you add stays here, also when you close the page or log in.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
    </div>
  );
}
