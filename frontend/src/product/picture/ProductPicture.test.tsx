import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { ProductPicture } from './ProductPicture';

function drawn(name: string, categories: string[]): string {
  return render(<ProductPicture name={name} categories={categories} />).container.innerHTML;
}

describe('the picture of a product', () => {
  it('given the same product, when it is drawn again, then it is the same picture', () => {
    expect(drawn('oak chair', ['furniture'])).toBe(drawn('oak chair', ['furniture']));
  });

  it('given a thousand products of one category, when they are drawn, then no two are alike', () => {
    const pictures = Array.from({ length: 1000 }, (_, index) => drawn(`thing ${index}`, ['kitchen']));
    expect(new Set(pictures).size).toBe(1000);
  });

  it('given any name, when it is drawn, then no number in it is broken', () => {
    for (const name of ['', 'laptop', 'чайник', '__proto__', 'constructor', '😀']) {
      expect(drawn(name, ['constructor'])).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});
