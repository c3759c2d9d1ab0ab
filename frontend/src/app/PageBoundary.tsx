import { Component, type ReactNode } from 'react';
import Button from 'react-bootstrap/Button';

type Props = { children: ReactNode };

/** A page that breaks leaves the rest of the shop standing. */
export class PageBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) {
      return this.props.children;
    }
    return (
      <div className="quiet-state" role="alert">
        <h1>This page broke</h1>
        <p>That is our mistake, not yours. Your cart is safe. Try the page again, or go on elsewhere.</p>
        <Button onClick={() => this.setState({ broken: false })}>Try again</Button>
      </div>
    );
  }
}
