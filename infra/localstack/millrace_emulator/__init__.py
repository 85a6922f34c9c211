"""AWS on one machine for Millrace's tests: LocalStack, with Lambda functions as processes of Node."""
