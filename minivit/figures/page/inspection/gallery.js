// Images that are packed into bytes, and what is said of them.   (figures/page/gallery.py)

// Image n of many -> (height, width, channels): each number stands, in so many bits, for a level.
function unpacked(bytes, n, shape, levels, bits) {
  const image = zeros(shape);
  const size = image.data.length;
  const channels = shape[2];
  image.data.forEach((_, i) => {
    let number = 0;
    for (let b = 0; b < bits; b++) {
      const at = (n * size + i) * bits + b;
      number = 2 * number + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
    }
    image.data[i] = levels[i % channels][number];
  });
  return image;
}

// How many images of each class are said to be which: row = label, column = what is said. (C, C)
function confusion(labels, said, classes) {
  const counts = zeros([classes, classes]);
  labels.forEach((label, i) => {
    counts.data[label * classes + said[i]] += 1;
  });
  return counts;
}
