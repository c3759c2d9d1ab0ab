import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { PageTitle } from '../ui/PageTitle';
import { ProductPicture } from './picture/ProductPicture';

type Props = {
  /** The title of the page, if this is all of its content. */
  title?: string;
  /** The name of the product in the picture. */
  picture?: string;
  heading: string;
  text: string;
  link?: { to: string; label: string };
  children?: ReactNode;
};

/** Says that something is missing, and links to where the user can continue. */
export function EmptyState({ title, picture, heading, text, link = catalogueLink, children }: Props) {
  const Heading = title === undefined ? 'h2' : 'h1';
  return (
    <div className="empty-state">
      {title !== undefined && <PageTitle>{title}</PageTitle>}
      {picture !== undefined && (
        <div className="empty-state-picture">
          <ProductPicture name={picture} categories={[]} />
        </div>
      )}
      <Heading>{heading}</Heading>
      <p>{text}</p>
      <Link to={link.to} className="btn btn-primary">
        {link.label}
      </Link>
      {children}
    </div>
  );
}

const catalogueLink = { to: '/', label: 'Continue shopping' };
