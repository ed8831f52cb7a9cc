// A storage or a record that is out of reach now and then.

/** @param fails whether this call fails; multipart uploads of a bucket fail alike, making the handle of one never */
export function failing<T extends object>(target: T, fails: () => boolean): T {
  return new Proxy(target, {
    get: (real, name) => {
      const value: unknown = Reflect.get(real, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'resumeMultipartUpload') return failing(Reflect.apply(value, real, args) as object, fails);
        if (fails()) throw new Error(`${String(name)}: We encountered an internal error (10001)`);
        return Reflect.apply(value, real, args);
      };
    },
  });
}
