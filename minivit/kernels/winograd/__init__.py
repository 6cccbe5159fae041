"""A convolution of 3 x 3 windows, Winograd's way: with less than half of the multiplications.

Two neighbouring sums over windows of three see four numbers, and take six products:

    y0 = d0 g0 + d1 g1 + d2 g2
    y1 = d1 g0 + d2 g1 + d3 g2

With sums and differences of what is given, four are enough:

    m0 = (d0 - d2) g0                       y0 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2       y1 = m1 - m2 + m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d3 - d1) g2

For m1 + m2 = d1 g1 + d2 (g0 + g2): m0 takes d2 g0 away from it and brings d0 g0. Likewise m1 - m2
= d1 (g0 + g2) + d2 g1, from which m3 takes d1 g2, and brings d3 g2. As matrices it is

    y = A^T (G g  *  B^T d),   * number by number, with

          1   0   0           1  0 -1  0
    G =  1/2 1/2 1/2    B^T = 0  1  1  0    A^T = 1  1  1  0
         1/2-1/2 1/2          0 -1  1  0          0  1 -1  1
          0   0   1           0 -1  0  1

and along both axes

    Y = A^T (G g G^T  *  B^T d B) A

where d is a square of 4 x 4 pixels, g the window's 3 x 3 weights, and Y 2 x 2 sums: 16 products in
the place of 36. All else is additions and halves. Sums over channels are taken before A, so that
each of the 16 is a matrix product,

    (squares, channels) @ (channels, out channels)

The backward pass transposes what the forward pass did:

    dg = G^T (A dY A^T  *  B^T d B) G,   summed over squares before G: again 16 matrix products

and dd, summed up where squares overlap, is the convolution of dY with the weights turned around.

Additions round, too, yet in float32 the result is mostly nearer to the true one than the plain
way's: 16 sums over channels are shorter than one over window and channels. (test_winograd.py
compares them.) It is worse where pixels grow many times larger from one to the next. An infinite
pixel may become NaN, and reaches more of dw than the places that saw it.

    transforms.py   G, B, A and their transposes, on vectors of channels
    squares.py      how a convolution is cut into squares, and what a square sees
    convolved.py    y, and dx
    gradient.py     dw
    choice.py       where this is the faster way

(Winograd 1980, "Arithmetic Complexity of Computations"; Lavin and Gray 2015, "Fast Algorithms for
Convolutional Neural Networks", section 4.)
"""
