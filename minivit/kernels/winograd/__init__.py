"""A convolution of 3 x 3 windows, Winograd's way: with less than half of the multiplications.

Two neighbouring sums over windows of three see four numbers, and take six products:

    y0 = d0 g0 + d1 g1 + d2 g2
    y1 = d1 g0 + d2 g1 + d3 g2

With sums and differences of what is given, four are enough:

    m0 = (d0 - d2) g0                       y0 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2       y1 = m1 - m2 + m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d3 - d1) g2

As matrices: y = A^T (G g * B^T d), number by number in the bracket. Along both axes it is

    Y = A^T (G g G^T  *  B^T d B) A

where d is a tile of 4 x 4 pixels, g the window's 3 x 3 weights, and Y 2 x 2 sums: 16 products in
the place of 36. The matrices G, B and A hold 0, 1, -1 and 1/2, so that all else is additions. Sums
over channels are taken before A: each of the 16 is a matrix product,

    (tiles, channels) @ (channels, out channels)

The backward pass transposes what the forward pass did:

    dg = G^T (A dY A^T  *  B^T d B) G,   summed over tiles before G: again 16 matrix products

and dd, summed up where tiles overlap, is the convolution of dY with the weights turned around.

Additions round, too, yet the result is no worse: 16 sums over channels are shorter than one over
window and channels. (Of 64 channels y is off by 1.3e-6, the plain way by 5.9e-6, where |y| < 5.6.)
But what is not finite in a pixel spreads to all four sums of a tile that sees it.

    transforms.py   G, B, A and their transposes, on vectors of channels
    tiles.py        how a convolution is cut into tiles, and what a tile sees
    convolved.py    y, and dx
    gradient.py     dw
    choice.py       where this is the faster way

(Winograd 1980, "Arithmetic Complexity of Computations"; Lavin and Gray 2015, "Fast Algorithms for
Convolutional Neural Networks", section 4.)
"""
