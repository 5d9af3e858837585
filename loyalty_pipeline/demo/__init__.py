"""What `make demo` shows the product with: a sample drop and a server to land it from.

Belongs here: making sample input. Not here: anything the product needs to run.
"""
