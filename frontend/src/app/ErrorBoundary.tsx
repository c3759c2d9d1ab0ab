import { Component, type ReactNode } from 'react';
import Button from 'react-bootstrap/Button';
import { useFocusFallback } from '../focus/focus';
import { ChunkLoadError } from '../ui/lazyWithPreload';

type Props = { children: ReactNode };
type State = { failure: 'none' | 'render' | 'load' };

/** Keeps the rest of the shop usable when a page fails to load or to render. */
// biome-ignore lint/style/useReactFunctionComponents: error boundaries must be classes
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failure: 'none' };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: error instanceof ChunkLoadError ? 'load' : 'render' };
  }

  override render() {
    switch (this.state.failure) {
      case 'render':
        return <RenderFailed retry={() => this.setState({ failure: 'none' })} />;
      case 'load':
        return (
          <div className="empty-state" role="alert">
            <h1>We could not load this page</h1>
            <p>
              You may be offline, or the shop has been updated since you opened it. Reload the page to
              continue. Your cart is saved.
            </p>
            <Button onClick={() => window.location.reload()}>Reload</Button>
          </div>
        );
      default:
        return this.props.children;
    }
  }
}

function RenderFailed({ retry }: { retry: () => void }) {
  const container = useFocusFallback<HTMLDivElement>();
  return (
    <div ref={container} className="empty-state" role="alert">
      <h1>Something went wrong</h1>
      <p>This is our fault. Your cart is saved. Try again, or choose another page.</p>
      <Button onClick={retry}>Try again</Button>
    </div>
  );
}
