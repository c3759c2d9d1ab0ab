import { render } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { motifFor, ProductPicture } from './ProductPicture';

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

  it.each([
    ['teddy bear', 'headphones'],
    ['teak table', 'tea'],
    ['tin foil', 'oil'],
    ['cupboard', 'cup'],
  ])('given a %s, when it is drawn, then it is not taken for %s', (name, other) => {
    expect(motifFor(name, [], 0)).not.toBe(motifFor(other, [], 0));
  });

  it('given any name, when it is drawn, then no number in it is broken', () => {
    for (const name of ['', 'laptop', 'чайник', '__proto__', 'constructor', '😀']) {
      expect(drawn(name, ['constructor'])).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});
